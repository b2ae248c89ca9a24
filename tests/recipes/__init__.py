"""docs/scheduling.md as printed, with real cron, systemd and logrotate: `make test-recipes`."""
