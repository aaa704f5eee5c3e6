using Microsoft.ML.OnnxRuntime;

namespace PredMaint.Onnx;

/// <summary>Opens sessions of ONNX Runtime on the device that is wanted, or on the one that works.</summary>
internal static class Sessions
{
    public const string Cpu = "cpu";
    public const string Cuda = "cuda";

    /// <summary>
    /// Where ONNX Runtime would look for weights outside the model's file, if <see cref="ExternalData"/> had missed them.
    /// (Without it, it looks in the current directory.)
    /// </summary>
    private const string NoDirectory = "/dev/null/none";

    /// <summary>
    /// ONNX Runtime's process-wide part. It writes to the console: warnings (of device discovery, of unused initialisers)
    /// would only litter it, but an error there is the sole place that names the CUDA library which cannot be loaded.
    /// </summary>
    private static readonly Lazy<OrtEnv> QuietEnvironment = new(() =>
    {
        if (OrtEnv.IsCreated) return OrtEnv.Instance();
        var options = new EnvironmentCreationOptions { logId = "onnx", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        return OrtEnv.CreateInstanceWithOptions(ref options);
    });

    private static int fallbackSaid;

    /// <summary>The session and what really serves it; null and a mistake where the file is no model or the device is not to be had.</summary>
    /// <param name="say">Told at most once a process that CUDA is not to be had and the CPU serves.</param>
    public static (InferenceSession Session, string Provider)? Open(
        byte[] model, string file, DeviceOptions device, List<string> mistakes, Action<string>? say) =>
        Open(model, file, device.Device, options => AddCuda(options, device), mistakes,
            message => { if (Interlocked.Exchange(ref fallbackSaid, 1) == 0) say?.Invoke(message); });

    /// <summary>As above, with the registration of CUDA as an argument and <paramref name="say"/> called at each fallback.</summary>
    internal static (InferenceSession Session, string Provider)? Open(
        byte[] model, string file, Device device, Action<SessionOptions> addCuda, List<string> mistakes, Action<string> say)
    {
        _ = QuietEnvironment.Value;
        string? why = null;
        if (device is not Device.Cpu && OpenOnCuda(model, addCuda, out why) is { } onCuda) return (onCuda, Cuda);
        try
        {
            // Also where CUDA was demanded: a file that the CPU refuses too is a broken file, not a missing device.
            var session = Create(model, _ => { });
            if (device is Device.Auto) say($"Models run on the CPU: CUDA is not to be had ({why})");
            if (device is not Device.Cuda) return (session, Cpu);
            session.Dispose();
            mistakes.Add($"{file}: device cuda cannot be used: {why}");
        }
        catch (OnnxRuntimeException e)
        {
            mistakes.Add($"{file}: is not a model that ONNX Runtime loads: {e.Message.ReplaceLineEndings(" ")}");
        }
        return null;
    }

    /// <summary>
    /// Which device the session's inputs and outputs want. Where none wants the GPU, the session has dropped CUDA, or
    /// placed no more than inner nodes there, which amounts to the same.
    /// </summary>
    internal static string ServedBy(InferenceSession session)
    {
        using var inputs = session.GetMemoryInfosForInputs();
        using var outputs = session.GetMemoryInfosForOutputs();
        return inputs.Concat(outputs).Any(m => m.GetDeviceType() == OrtMemoryInfoDeviceType.GPU) ? Cuda : Cpu;
    }

    private static InferenceSession? OpenOnCuda(byte[] model, Action<SessionOptions> addCuda, out string? why)
    {
        try
        {
            var session = Create(model, addCuda);
            why = "the session placed nothing on the GPU";
            if (ServedBy(session) == Cuda) return session;
            session.Dispose();
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            why = e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
        }
        return null;
    }

    private static InferenceSession Create(byte[] model, Action<SessionOptions> addProvider)
    {
        using var options = new SessionOptions
        {
            // The line's own threads are the parallelism; a pool of the session's would contend with them.
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            // What a session calls an error it also throws.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        // ONNX Runtime knows another format too, which nobody has looked through.
        options.AddSessionConfigEntry("session.load_model_format", "ONNX");
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", NoDirectory);
        addProvider(options);
        return new InferenceSession(model, options);
    }

    private static void AddCuda(SessionOptions options, DeviceOptions device)
    {
        using var cuda = new OrtCUDAProviderOptions();
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["device_id"] = device.CudaDevice.ToString(),
            ["arena_extend_strategy"] = device.CudaArenaGrowth == ArenaGrowth.SameAsRequested ? "kSameAsRequested" : "kNextPowerOfTwo",
            // TF32 keeps 10 bits of a product's mantissa: scores would differ from the CPU's in the fourth digit.
            ["use_tf32"] = "0",
            // A search by timing may choose another convolution at each start, and so other bits.
            ["cudnn_conv_algo_search"] = "DEFAULT",
        };
        if (device.CudaMemoryLimitBytes > 0) values["gpu_mem_limit"] = device.CudaMemoryLimitBytes.ToString();
        cuda.UpdateOptions(values);
        options.AppendExecutionProvider_CUDA(cuda);
    }
}
