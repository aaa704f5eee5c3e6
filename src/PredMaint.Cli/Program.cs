using PredMaint.Cli;

return await CommandLine.RunAsync(args);
