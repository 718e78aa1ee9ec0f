"""The command-line tool beside ``pulumi``: thin commands over the other rooms."""
