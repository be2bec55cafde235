package drum.internal;

import drum.ColumnPredictor;
import drum.Columns;
import drum.CsvPredictor;
import drum.Predictor;
import drum.UnstructuredPredictor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** A user's own {@link Predictor}; unless it says that it is safe to, one call waits for the other. */
public final class CustomPredictor {
  private final Predictor predictor;
  private final ClassLoader loader;
  private final boolean threadSafe;

  /**
   * Makes an instance of the user's class and loads its model.
   *
   * @param name of the class; {@code null} for the one that the jars offer as a service
   * @throws IllegalStateException if there is no such class, or it is no predictor
   */
  public static CustomPredictor of(String name, ClassLoader loader, String codeDir) throws Throwable {
    Predictor predictor = name == null ? offered(loader) : named(name, loader);
    CustomPredictor custom = new CustomPredictor(predictor, loader);
    custom.call(() -> {
      predictor.load(Path.of(codeDir));
      return null;
    });
    return custom;
  }

  private static Predictor offered(ClassLoader loader) {
    List<Predictor> found = new ArrayList<>();
    ServiceLoader.load(Predictor.class, loader).forEach(found::add);
    if (found.size() != 1) {
      throw new IllegalStateException(
          "the jars offer " + found.size() + " predictors; name one in DRUM_JAVA_CUSTOM_PREDICTOR_CLASS");
    }
    return found.get(0);
  }

  private static Predictor named(String name, ClassLoader loader) throws Throwable {
    Class<?> kind;
    try {
      kind = Class.forName(name, true, loader);
    } catch (ClassNotFoundException absent) {
      throw new IllegalStateException("there is no class '" + name + "' on the class path");
    }
    if (!Predictor.class.isAssignableFrom(kind)) {
      throw new IllegalStateException("the class '" + name + "' does not implement drum.Predictor");
    }
    try {
      return (Predictor) Libraries.create(kind.getConstructor());
    } catch (NoSuchMethodException | IllegalAccessException | InstantiationException unsuited) {
      throw new IllegalStateException(
          "the class '" + name + "' has no public constructor without parameters", unsuited);
    }
  }

  private CustomPredictor(Predictor predictor, ClassLoader loader) {
    this.predictor = predictor;
    this.loader = loader;
    this.threadSafe = predictor.isThreadSafe();
  }

  /** Returns the forms in which the predictor takes data: {@code columns}, {@code csv}, {@code unstructured}. */
  public String[] forms() {
    List<String> forms = new ArrayList<>();
    if (predictor instanceof ColumnPredictor) {
      forms.add("columns");
    }
    if (predictor instanceof CsvPredictor) {
      forms.add("csv");
    }
    if (predictor instanceof UnstructuredPredictor) {
      forms.add("unstructured");
    }
    return forms.toArray(String[]::new);
  }

  public String className() {
    return predictor.getClass().getName();
  }

  public String[] labels() throws Throwable {
    return call(() -> ((ColumnPredictor) predictor).labels());
  }

  /**
   * Scores columns.
   *
   * @param buffer as {@link Columns} takes it; the values go to the room for outputs, column by column
   */
  public void score(Columns.Layout layout, ByteBuffer buffer, int rows, int width, int sizes) throws Throwable {
    Columns columns = new Columns(layout, buffer, rows, rows * width, sizes);
    double[][] answer = call(() -> ((ColumnPredictor) predictor).score(columns));
    if (answer == null || answer.length != width) {
      throw new WrongAnswer((answer == null ? "null" : answer.length + " arrays") + " where " + width + " are needed");
    }
    double[] values = new double[rows * width];
    for (int output = 0; output < width; output++) {
      if (answer[output] == null || answer[output].length != rows) {
        String got = answer[output] == null ? "null" : answer[output].length + " values";
        throw new WrongAnswer(got + " for " + rows + " rows of data");
      }
      System.arraycopy(answer[output], 0, values, output * rows, rows);
    }
    columns.put(values);
  }

  public String score(String csv) throws Throwable {
    return call(() -> ((CsvPredictor) predictor).score(csv));
  }

  public UnstructuredPredictor.Reply score(UnstructuredPredictor.Request request) throws Throwable {
    return call(() -> ((UnstructuredPredictor) predictor).score(request));
  }

  /** Says that the user's predictor did not return what its interface promises. */
  public static final class WrongAnswer extends Exception {
    private static final long serialVersionUID = 1L;

    WrongAnswer(String message) {
      super(message);
    }
  }

  private <T> T call(Libraries.Work<T> work) throws Throwable {
    if (threadSafe) {
      return Libraries.within(loader, work);
    }
    synchronized (predictor) {
      return Libraries.within(loader, work);
    }
  }

  /** Closes the user's object, then its class loader. */
  public void close() throws Throwable {
    call(() -> {
      predictor.close();
      return null;
    });
    if (loader instanceof AutoCloseable) {
      ((AutoCloseable) loader).close();
    }
  }
}
