"""Writers killed at every system call, and disks that are full."""
