"""DynamoDB: one module for each table."""
