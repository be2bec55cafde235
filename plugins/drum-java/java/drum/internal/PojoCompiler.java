package drum.internal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles a POJO of H2O's in memory. */
public final class PojoCompiler {
  private static final int MOST_ERRORS = 10;

  private PojoCompiler() {}

  /** Says what is wrong with a source, a line for each error. */
  public static final class CompileError extends Exception {
    private static final long serialVersionUID = 1L;

    CompileError(String message) {
      super(message);
    }
  }

  /** Tells whether this Java can compile: a JDK can, a JRE cannot. */
  public static boolean isAvailable() {
    return ToolProvider.getSystemJavaCompiler() != null;
  }

  /**
   * Compiles a source and loads its class, which is called like the file.
   *
   * @param jars the libraries that it needs
   * @throws CompileError if it does not compile
   */
  public static Class<?> compile(String path, String[] jars) throws CompileError, IOException, ClassNotFoundException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    Map<String, byte[]> classes = new HashMap<>();
    // Without processors: those on the class path would run as a part of compiling.
    List<String> options =
        List.of("-proc:none", "-nowarn", "-g:none", "-encoding", "UTF-8", "-classpath", String.join(java.io.File.pathSeparator, jars));
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(found, Locale.ROOT, StandardCharsets.UTF_8)) {
      Iterable<? extends JavaFileObject> sources = files.getJavaFileObjects(Path.of(path));
      if (!compiler.getTask(null, new InMemory(files, classes), found, options, null, sources).call()) {
        throw new CompileError(errors(found));
      }
    }
    String name = Path.of(path).getFileName().toString();
    return new Compiled(Libraries.loader(jars), classes).loadClass(name.substring(0, name.lastIndexOf('.')));
  }

  private static String errors(DiagnosticCollector<JavaFileObject> found) {
    return found.getDiagnostics().stream()
        .filter(problem -> problem.getKind() == Diagnostic.Kind.ERROR)
        .limit(MOST_ERRORS)
        .map(problem -> "line " + problem.getLineNumber() + ": " + problem.getMessage(Locale.ROOT))
        .collect(Collectors.joining("\n"));
  }

  private static final class InMemory extends ForwardingJavaFileManager<JavaFileManager> {
    private final Map<String, byte[]> classes;

    InMemory(JavaFileManager files, Map<String, byte[]> classes) {
      super(files);
      this.classes = classes;
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
      return new SimpleJavaFileObject(URI.create("memory:///" + name.replace('.', '/') + kind.extension), kind) {
        @Override
        public OutputStream openOutputStream() {
          return new ByteArrayOutputStream() {
            @Override
            public void close() {
              classes.put(name, toByteArray());
            }
          };
        }
      };
    }
  }

  private static final class Compiled extends URLClassLoader {
    private final Map<String, byte[]> classes;

    Compiled(URLClassLoader libraries, Map<String, byte[]> classes) {
      super(new URL[0], libraries);
      this.classes = classes;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      byte[] bytes = classes.get(name);
      if (bytes == null) {
        throw new ClassNotFoundException(name);
      }
      return defineClass(name, bytes, 0, bytes.length);
    }

    @Override
    public void close() throws IOException {
      super.close();
      ((URLClassLoader) getParent()).close();
    }
  }
}
