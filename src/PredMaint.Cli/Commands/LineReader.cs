namespace PredMaint.Cli.Commands;

/// <summary>The lines of a file, plain or unpacked, as bytes, without their ends; a line may be as long as memory allows.</summary>
/// <param name="path">The file, for the messages of exceptions.</param>
internal sealed class LineReader(Stream stream, string path)
{
    private byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;
    private bool isDone;

    /// <summary>The first byte that is no white space; null where there is none. All lines are still to be read.</summary>
    public byte? FirstByte()
    {
        while (true)
        {
            var at = buffer.AsSpan(start, end - start).IndexOfAnyExcept(" \t\r\n"u8);
            if (at >= 0) return buffer[start + at];
            if (isDone) return null;
            Fill();
        }
    }

    /// <summary>The next line, valid until the next call; false at the end.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var searched = 0;
        while (true)
        {
            var at = buffer.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n');
            if (at >= 0)
            {
                line = buffer.AsSpan(start, searched + at);
                start += searched + at + 1;
                if (line is [.., (byte)'\r']) line = line[..^1];
                return true;
            }
            searched = end - start;
            if (isDone) break;
            Fill();
        }
        line = buffer.AsSpan(start, end - start);
        start = end;
        return line.Length > 0;
    }

    private void Fill()
    {
        if (start > 0) buffer.AsSpan(start, end - start).CopyTo(buffer);
        (start, end) = (0, end - start);
        if (end == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        try
        {
            var read = stream.Read(buffer, end, buffer.Length - end);
            isDone = read == 0;
            end += read;
        }
        // With strict validation (see the project file), an end inside a member is an error of the framework's, told apart by its text alone.
        catch (InvalidDataException e)
        {
            throw new IOException(e.Message.Contains("truncated", StringComparison.OrdinalIgnoreCase) ? $"{path}: the gzip ends early" : $"{path}: the gzip is damaged: {e.Message}", e);
        }
    }
}
