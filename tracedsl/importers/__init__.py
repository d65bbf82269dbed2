"""Problems that others have written, to proved rows: GSM8K, SVAMP, GSM-hard, tables."""
