# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
PIP = .venv/bin/python -m pip install -q -c constraints.txt

.PHONY: demo test system lint bench clean

demo: .venv/demo
	.venv/bin/drum score --code-dir examples/binary/model --input examples/binary/input.csv

test: system .venv/bin/tox
	.venv/bin/tox run --skip-env "$$(tests/system-packages.sh missing)"

# A browser, R, a JDK, Julia, Prometheus, and tools that build container images. Tests that need one are left out where it is missing and nobody may install it.
system:
	@tests/system-packages.sh

lint: .venv/bin/tox
	.venv/bin/tox run -e lint

bench: .venv/demo
	$(PIP) psutil
	.venv/bin/python benchmarks/small_file.py
	.venv/bin/python benchmarks/batch.py --rows 1000000 5000000
	.venv/bin/python benchmarks/server.py
	.venv/bin/python benchmarks/validation.py
	$(PIP) -e 'plugins/drum-xgboost[cpu]' -e 'plugins/drum-onnx[cpu]' skl2onnx -e plugins/drum-torch -e 'plugins/drum-keras[cpu]'
	.venv/bin/python benchmarks/frameworks.py
	$(PIP) -e 'plugins/drum-java[test]' -e plugins/drum-julia -e 'plugins/drum-r[rpy2]' -e plugins/drum-monitor rpy2-robjects
	.venv/bin/python benchmarks/java.py
	.venv/bin/python benchmarks/julia.py
	.venv/bin/python benchmarks/r.py
	.venv/bin/python benchmarks/monitor.py
	$(PIP) -e plugins/drum-ray
	.venv/bin/python benchmarks/ray.py
	$(PIP) -e plugins/drum-image
	.venv/bin/python benchmarks/containers.py

clean:
	rm -rf .venv .tox

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/demo: .venv/bin/python
	$(PIP) -e 'core[arrow,sparse]' -e plugins/drum-sklearn
	touch $@

.venv/bin/tox: .venv/bin/python
	$(PIP) tox
