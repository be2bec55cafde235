package drum.internal;

import drum.Columns;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A MOJO pipeline of H2O's Driverless AI, on the runtime that the user brings.
 *
 * <p>Methods are looked up in the classes that the API declares, not in those of the objects, which need not be public.
 */
public final class PipelineModel implements Scorer {
  private static final String API = "ai.h2o.mojos.runtime.MojoPipeline";
  private static final Set<String> NUMBERS = Set.of("Int32", "Int64", "Float32", "Float64");

  private final Object pipeline;
  private final String[] features;
  private final String[] types;
  private final String[] outputs;
  private String[] chosen = {};
  private String[] labels = {};

  private final Method newFrame;
  private final Method newRow;
  private final Method setValue;
  private final Method addRow;
  private final Method toFrame;
  private final Method transform;
  private final Method countColumns;
  private final Method countRows;
  private final Method nameOf;
  private final Method dataOf;

  /** Tells that the runtime does not take a value, which is the caller's fault. */
  public static final class RefusedValue extends RuntimeException {
    private static final long serialVersionUID = 1;

    RefusedValue(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Loads a pipeline from its file; the runtime looks at the licence. */
  public static PipelineModel of(String path, ClassLoader loader) throws Throwable {
    Class<?> api = loader.loadClass(API);
    Method load = api.getMethod("loadFrom", String.class);
    return Libraries.within(loader, () -> new PipelineModel(Libraries.invoke(load, null, path), api));
  }

  private PipelineModel(Object pipeline, Class<?> api) throws Throwable {
    this.pipeline = pipeline;
    newFrame = api.getMethod("getInputFrameBuilder");
    newRow = newFrame.getReturnType().getMethod("getMojoRowBuilder");
    setValue = newRow.getReturnType().getMethod("setValue", String.class, String.class);
    addRow = newFrame.getReturnType().getMethod("addRow", newRow.getReturnType());
    toFrame = newFrame.getReturnType().getMethod("toMojoFrame");
    Class<?> frame = toFrame.getReturnType();
    transform = api.getMethod("transform", frame);
    countColumns = frame.getMethod("getNcols");
    countRows = frame.getMethod("getNrows");
    nameOf = frame.getMethod("getColumnName", int.class);
    dataOf = frame.getMethod("getColumnData", int.class);

    Method inputs = api.getMethod("getInputMeta");
    features = ofColumns(inputs, "getColumnName");
    types = ofColumns(inputs, "getColumnType");
    outputs = ofColumns(api.getMethod("getOutputMeta"), "getColumnName");
  }

  /** Returns what a method of the description of a frame says of each column. */
  private String[] ofColumns(Method describe, String question) throws Throwable {
    Class<?> kind = describe.getReturnType();
    Object description = Libraries.invoke(describe, pipeline);
    Method ask = kind.getMethod(question, int.class);
    String[] answers = new String[(int) Libraries.call(description, kind, "size")];
    for (int place = 0; place < answers.length; place++) {
      answers[place] = Libraries.invoke(ask, description, place).toString();
    }
    return answers;
  }

  /** Returns the names of all columns that the pipeline gives. */
  public String[] outputs() {
    return outputs.clone();
  }

  /**
   * Says which columns are the predictions; to be called once, before anything is scored.
   *
   * @param columns their names, in order
   * @param labels of the classes that they are the probabilities of; none for one number a row
   */
  public void choose(String[] columns, String[] labels) {
    chosen = columns.clone();
    this.labels = labels.clone();
  }

  @Override
  public String[] features() {
    return features;
  }

  @Override
  public String[] featureTypes() {
    String[] wanted = new String[types.length];
    for (int place = 0; place < wanted.length; place++) {
      wanted[place] = NUMBERS.contains(types[place]) ? "number" : "text";
    }
    return wanted;
  }

  @Override
  public String[] labels() {
    return labels;
  }

  @Override
  public String description() {
    return "MOJO pipeline";
  }

  @Override
  public void score(Columns columns, int from, int to, double[] values) throws Throwable {
    Object frame = frameOf(columns, from, to);
    Object answer;
    synchronized (this) { // H2O's documentation does not promise that several threads may transform at once
      answer = Libraries.invoke(transform, pipeline, frame);
    }
    int rows = (int) Libraries.invoke(countRows, answer);
    if (rows != to - from) {
      throw new IllegalStateException("the pipeline gave " + rows + " rows for " + (to - from));
    }
    Map<String, Integer> places = placesIn(answer);
    for (int output = 0; output < chosen.length; output++) {
      Integer place = places.get(chosen[output]);
      if (place == null) {
        throw new IllegalStateException("the pipeline gave no column '" + chosen[output] + "', but " + places.keySet());
      }
      Object data = Libraries.invoke(dataOf, answer, place);
      for (int row = 0; row < rows; row++) {
        values[(from + row) * chosen.length + output] = number(data, row, chosen[output]);
      }
    }
  }

  private Map<String, Integer> placesIn(Object frame) throws Throwable {
    Map<String, Integer> places = new HashMap<>();
    for (int place = 0; place < (int) Libraries.invoke(countColumns, frame); place++) {
      places.put((String) Libraries.invoke(nameOf, frame, place), place);
    }
    return places;
  }

  private static double number(Object data, int row, String name) {
    Object value = Array.get(data, row);
    if (value instanceof Number) {
      return ((Number) value).doubleValue();
    }
    if (value == null) {
      return Double.NaN;
    }
    throw new IllegalStateException("the pipeline's column '" + name + "' holds '" + value + "', which is no number");
  }

  private Object frameOf(Columns columns, int from, int to) throws Throwable {
    Object frame = Libraries.invoke(newFrame, pipeline);
    for (int number = from; number < to; number++) {
      Object row = Libraries.invoke(newRow, frame);
      for (int place = 0; place < features.length; place++) {
        String value = spelt(columns, place, number);
        if (value != null) { // what is not set is missing
          set(row, place, value);
        }
      }
      Libraries.invoke(addRow, frame, row);
    }
    return Libraries.invoke(toFrame, frame);
  }

  private void set(Object row, int place, String value) throws Throwable {
    try {
      Libraries.invoke(setValue, row, features[place], value);
    } catch (RuntimeException refused) {
      throw new RefusedValue(
          "Column '" + features[place] + "' is of the pipeline's type " + types[place] + ", which H2O's runtime cannot"
              + " make of '" + value + "' (" + refused + ").",
          refused);
    }
  }

  /** Returns a value as text; {@code null} where it is missing. */
  private String spelt(Columns columns, int place, int row) {
    if (!columns.isNumeric(place)) {
      String text = columns.text(place, row);
      boolean isTruth = types[place].equals("Bool") && columns.kind(place) == Columns.Layout.SPELT_TRUTH;
      return text != null && isTruth ? text.toLowerCase(Locale.ROOT) : text;
    }
    double value = columns.number(place, row);
    if (Double.isNaN(value)) {
      return null;
    }
    return value == Math.rint(value) && !Double.isInfinite(value)
        ? new BigDecimal(value).toPlainString() // a column of integers takes neither 1.0 nor 1E15
        : Double.toString(value);
  }
}
