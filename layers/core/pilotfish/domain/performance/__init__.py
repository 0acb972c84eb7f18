"""How accounts and follows did: days out of executions, and track records out of days."""
