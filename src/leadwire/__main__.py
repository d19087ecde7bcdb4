"""``python -m leadwire``: the command line."""

from leadwire.command import main

if __name__ == "__main__":
    main()
