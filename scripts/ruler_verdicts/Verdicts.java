import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Ruler;

/** Prints 1 or 0 for each line: whether Ruler compiles a pattern, or, after a tab, whether it matches an event. */
public final class Verdicts {
    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] parts = line.split("\t");
            System.out.println(verdict(parts[0], parts.length > 1 ? parts[1] : null) ? 1 : 0);
        }
    }

    private static boolean verdict(String pattern, String event) throws Exception {
        if (event != null) {
            return Ruler.matchesRule(event, pattern);
        }
        // Without overriding: a duplicate path is an error. Otherwise the last one silently wins.
        return JsonRuleCompiler.check(pattern, false) == null;
    }
}
