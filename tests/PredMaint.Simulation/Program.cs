using PredMaint.Simulation.Runs;

// usage: simulate SEEDS [FIRST]     runs so many seeds, from FIRST (0) on
//        simulate --seed SEED       runs one and tells all that happened
if (args is ["--seed", var one])
{
    var trace = new List<string>();
    var told = Simulator.Run(int.Parse(one), trace);
    foreach (var line in trace) Console.WriteLine(line);
    Console.WriteLine(told);
    return told.Failure is null ? 0 : 1;
}
var seeds = args.Length > 0 ? int.Parse(args[0]) : 2000;
var first = args.Length > 1 ? int.Parse(args[1]) : 0;
return new Series(first, seeds, Console.Out, TimeProvider.System).Run() ? 0 : 1;
