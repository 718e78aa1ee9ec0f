"""``python -m mlplatform``: the command line, where its console script is not on the search path."""

from mlplatform.cli.app import main

if __name__ == "__main__":
    main()
