import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import software.amazon.event.ruler.JsonRuleCompiler;

/** Reads one pattern a line, and prints 1 if Ruler compiles it, otherwise 0. */
public final class Verdicts {
    public static void main(String[] arguments) throws Exception {
        BufferedReader patterns = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String pattern = patterns.readLine(); pattern != null; pattern = patterns.readLine()) {
            // Without overriding: a duplicate path is an error. Otherwise the last one silently wins.
            System.out.println(JsonRuleCompiler.check(pattern, false) == null ? 1 : 0);
        }
    }
}
