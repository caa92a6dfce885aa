//! Pure records of an append-only, tamper-evident ledger: bytes, hashes, Merkle tree, checkpoints, verification.
