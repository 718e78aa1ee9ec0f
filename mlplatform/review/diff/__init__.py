"""What an update would do: one state against another, whoever wrote them."""
