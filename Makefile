# Needs the .NET 10 SDK and make, nothing else; what each target leaves and does is in README.md.
.PHONY: build test chaos simulate demo bench train dashboards predmaint predmaint-train

export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1

RID = $(shell dotnet --info | sed -n 's/^ *RID: *//p')

publish = dotnet publish src/$(1) -c Release -r $(RID) --self-contained false -o $(2) -v quiet

rage = tests/PredMaint.Chaos/bin/Release/net10.0/predmaint-chaos --program out/predmaint/predmaint $(1) $(CHAOS)

build: predmaint predmaint-train

predmaint:
	$(call publish,PredMaint.Cli,out/predmaint)

predmaint-train:
	$(call publish,PredMaint.Training,out/predmaint-train)

# One project after the other: several at once on few cores would measure each other. A result file each stays in TestResults.
test:
	rm -rf TestResults
	dotnet build PredMaint.sln -c Release -v quiet
	status=0; for project in tests/*.Tests; do \
	  dotnet test --project $$project -c Release --no-build --no-progress --results-directory TestResults \
	    --report-xunit-trx --report-xunit-trx-filename $$(basename $$project).trx || status=1; \
	done; exit $$status

# Workers and brokers are killed while readings flow; afterwards the alerts must be the backtest's. Needs Java and ../shared/kafka.
# KILLS=50, on one broker and on three; further options, such as a seed that failed: CHAOS="--seed 7".
KILLS ?= 12
chaos: predmaint
	dotnet build tests/PredMaint.Chaos -c Release -v quiet
	$(call rage,--nodes 1 --kills $(KILLS))
	$(call rage,--nodes 3 --kills $(KILLS))
	$(call rage,--nodes 1 --kills $(KILLS) --proxy)

# The line on a model of Kafka in which everything goes wrong: SEEDS seeds from FIRST on, or one SEED with all that happened.
SEEDS = 10000
FIRST = 0
simulate:
	dotnet run --project tests/PredMaint.Simulation -c Release -v quiet -- $(if $(SEED),--seed $(SEED),$(SEEDS) $(FIRST))

demo: predmaint
	out/predmaint/predmaint demo

bench:
	tests/PredMaint.Bench/run --snapshots --telemetry --latency

train: predmaint-train
	out/predmaint-train/predmaint-train turbofan

# Rules and dashboards anew from the metrics' definitions, after either was changed.
dashboards:
	dotnet run --project tests/PredMaint.Monitoring -c Release -v quiet -- .
