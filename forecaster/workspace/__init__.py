"""Read facts and beliefs from a workspace folder."""
