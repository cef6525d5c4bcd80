"""Messages (消息) to an account: on its page, and by SMS and mail where they are set up.

Message 消息, Delivery 投递. Kernel level 3: accounts, audit and common only.
"""
