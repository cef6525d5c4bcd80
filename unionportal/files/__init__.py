"""Files (文件): everything uploaded, public or private, stored under names of our own and served by one guarded view.

StoredFile 文件. Kernel level 3.
"""
