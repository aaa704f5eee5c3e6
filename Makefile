# Needs the .NET 10 SDK and make, nothing else; what each target leaves and does is in README.md.
.PHONY: build test demo bench train predmaint predmaint-train

export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1

RID = $(shell dotnet --info | sed -n 's/^ *RID: *//p')

publish = dotnet publish src/$(1) -c Release -r $(RID) --self-contained false -o $(2) -v quiet

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

demo: predmaint
	out/predmaint/predmaint demo

bench:
	tests/PredMaint.Bench/run --snapshots --latency

train: predmaint-train
	out/predmaint-train/predmaint-train train
