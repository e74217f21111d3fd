"""`python -m gradcheck` is the command line."""

from gradcheck.cli.main import main

if __name__ == "__main__":
    main()
