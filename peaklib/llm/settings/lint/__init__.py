"""What only shows when the files of `configs/` are held together: for `peak config-lint`."""
