using PredMaint.Monitoring;

// Writes what is committed: predmaint-monitoring ROOT.
var root = args.Length == 1 ? args[0] : throw new ArgumentException("predmaint-monitoring ROOT");
foreach (var (path, text) in Generated.Files)
{
    var file = Path.Combine(root, path);
    Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    await File.WriteAllTextAsync(file, text);
    Console.WriteLine(path);
}
