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

# Result files (one a project) stay in TestResults for those that count.
test:
	rm -rf TestResults
	dotnet test --solution PredMaint.sln -c Release --report-xunit-trx --results-directory TestResults --no-progress

demo: predmaint
	out/predmaint/predmaint demo

bench:
	bench/run

train: predmaint-train
	out/predmaint-train/predmaint-train train
