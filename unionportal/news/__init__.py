"""News (新闻): columns of articles, published and withdrawn by the newsroom.

Column 栏目, Article 文章. Kernel level 4: knows no other line of work; links to it are kept by the apps.
"""
