"""What this project costs against its alternatives, each figure a ratio from one run: `make bench`."""
