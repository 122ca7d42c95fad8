"""What a chronology is made of: dates as told, rows, tables of them, and many on one line of time. Pure."""
