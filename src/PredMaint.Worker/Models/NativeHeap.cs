using System.Runtime.InteropServices;

namespace PredMaint.Worker.Models;

/// <summary>The C library's heap, where models live.</summary>
internal static partial class NativeHeap
{
    /// <summary>Gives the pages that are free back to the system: glibc keeps what lies between live blocks, and each reload leaves its holes elsewhere.</summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such function, and keeps no such pages.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
