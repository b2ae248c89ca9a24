"""docs/scheduling.md as it is printed, with the real cron, systemd and logrotate; `make
test-recipes`, as root.
"""
