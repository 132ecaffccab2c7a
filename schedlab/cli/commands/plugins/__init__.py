"""List plug-ins, check one, or begin a new one."""
