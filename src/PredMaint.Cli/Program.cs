using System.CommandLine;
using PredMaint.Cli.Commands;

var root = new RootCommand("predmaint: predictive maintenance on streams of sensor readings") { RunCommand.Create() };
return await root.Parse(args).InvokeAsync();
