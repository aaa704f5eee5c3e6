namespace PredMaint.Cli.Commands;

/// <summary>The lines of a stream as bytes, without their ends; a line may be as long as memory allows.</summary>
internal sealed class LineReader(Stream stream)
{
    private byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;
    private bool isDone;

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
        var read = stream.Read(buffer, end, buffer.Length - end);
        isDone = read == 0;
        end += read;
    }
}
