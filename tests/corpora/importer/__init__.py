"""Importers that turn playbooks of other products into quell playbooks. Test tools, not shipped."""
