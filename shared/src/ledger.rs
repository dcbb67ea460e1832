//! Ledgers are data: definitions, values, validation, lifecycles. Pure. The file format is docs/ledger-format.md.
