"""`python -m gradcheck` is the command line."""

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:
        # Python begins its search for modules in the working folder, whose `json.py` or `types.py` would be
        # taken for its own; behind its own library, the user's modules there are found as before.
        here = sys.path.pop(0)
        import sysconfig

        library = sysconfig.get_path("stdlib")
        own = [k for k, p in enumerate(sys.path) if p.startswith(library) and "site-packages" not in p]
        sys.path.insert(own[-1] + 1 if own else 0, here)
    from gradcheck.cli.main import main

    main()
