import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import software.amazon.event.ruler.JsonRuleCompiler;

/** Reads a pattern a line, and prints 1 where Ruler compiles it, 0 where it does not. */
public final class Verdicts {
    public static void main(String[] arguments) throws Exception {
        BufferedReader patterns = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String pattern = patterns.readLine(); pattern != null; pattern = patterns.readLine()) {
            // Without overriding: a path that comes twice is an error, not silently what was written last.
            System.out.println(JsonRuleCompiler.check(pattern, false) == null ? 1 : 0);
        }
    }
}
