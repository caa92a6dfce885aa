# Two commands on a fresh machine: `make run` and `make test`.
PORT ?= 8420
DATA ?= data

.PHONY: run test bench check deps test-deps build

run: deps build
	./target/release/guatu demo --if-empty --data $(DATA)
	GUATU_DATA=$(DATA) GUATU_LISTEN=127.0.0.1:$(PORT) ./target/release/guatu serve

build:
	cargo build --release --locked -p guatu

test: test-deps
	./xtask/test

bench: deps
	./xtask/bench

deps:
	./xtask/install run

test-deps:
	./xtask/install test
