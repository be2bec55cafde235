"""A stand-in for H2O's mojo2-runtime.jar: the same names and signatures around a little linear pipeline.

The pipeline is the sum of its features times their weights: of a number, of the length of a text, of the truth as 1; a
missing one counts -1. Several outputs are shares of classes. The columns of an answer come in another order than
``getOutputMeta`` tells, the classes of the objects are not public, and nothing may be called by two threads at once.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence

META = """
package ai.h2o.mojos.runtime.frame;

public class MojoFrameMeta {
  private final String[] names;
  private final MojoColumn.Type[] types;
  public MojoFrameMeta(String[] names, MojoColumn.Type[] types) {
    this.names = names;
    this.types = types;
  }
  public int size() { return names.length; }
  public String getColumnName(int at) { return names[at]; }
  public MojoColumn.Type getColumnType(int at) { return types[at]; }
}
"""

COLUMN = """
package ai.h2o.mojos.runtime.frame;

public abstract class MojoColumn {
  public enum Type { Bool, Int32, Int64, Float32, Float64, Str, Time64 }
}
"""

FRAME = """
package ai.h2o.mojos.runtime.frame;

public class MojoFrame {
  private final String[] names;
  private final Object[] data;
  private final int rows;
  public MojoFrame(String[] names, Object[] data, int rows) {
    this.names = names;
    this.data = data;
    this.rows = rows;
  }
  public int getNcols() { return names.length; }
  public int getNrows() { return rows; }
  public String getColumnName(int at) { return names[at]; }
  public Object getColumnData(int at) { return data[at]; }
}
"""

ROW = """
package ai.h2o.mojos.runtime.frame;

public class MojoRowBuilder {
  final MojoFrameMeta meta;
  final Object[] values;
  MojoRowBuilder(MojoFrameMeta meta) {
    this.meta = meta;
    values = new Object[meta.size()];
  }
  public MojoRowBuilder setValue(String name, String value) {
    for (int at = 0; at < values.length; at++) {
      if (meta.getColumnName(at).equals(name)) {
        values[at] = converted(meta.getColumnType(at), value);
        return this;
      }
    }
    throw new IllegalArgumentException("no column " + name);
  }
  private static Object converted(MojoColumn.Type type, String value) {
    switch (type) {
      case Bool:
        if (!value.equals("true") && !value.equals("false")) {
          throw new IllegalArgumentException("neither true nor false: " + value);
        }
        return value.equals("true");
      case Int32: return Integer.parseInt(value);
      case Int64: return Long.parseLong(value);
      case Float32: return Float.parseFloat(value);
      case Float64: return Double.parseDouble(value);
      default: return value;
    }
  }
}
"""

BUILDER = """
package ai.h2o.mojos.runtime.frame;

import java.util.ArrayList;
import java.util.List;

public class MojoFrameBuilder {
  private final MojoFrameMeta meta;
  private final List<Object[]> rows = new ArrayList<>();
  public MojoFrameBuilder(MojoFrameMeta meta) { this.meta = meta; }
  public MojoRowBuilder getMojoRowBuilder() { return new MojoRowBuilder(meta); }
  public MojoRowBuilder addRow(MojoRowBuilder row) {
    rows.add(row.values);
    return new MojoRowBuilder(meta);
  }
  public MojoFrame toMojoFrame() {
    String[] names = new String[meta.size()];
    Object[] data = new Object[names.length];
    for (int column = 0; column < names.length; column++) {
      Object[] values = new Object[rows.size()];
      for (int row = 0; row < values.length; row++) {
        values[row] = rows.get(row)[column];
      }
      names[column] = meta.getColumnName(column);
      data[column] = values;
    }
    return new MojoFrame(names, data, rows.size());
  }
}
"""

LICENCE = """
package ai.h2o.mojos.runtime.lic;

public class LicenseException extends Exception {
  public LicenseException(String message) { super(message); }
}
"""

API = """
package ai.h2o.mojos.runtime;

import ai.h2o.mojos.runtime.frame.*;
import ai.h2o.mojos.runtime.lic.LicenseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

public abstract class MojoPipeline {
  public static MojoPipeline loadFrom(String path) throws IOException, LicenseException {
    String file = System.getProperty("ai.h2o.mojos.runtime.license.file");
    String key = System.getenv("DRIVERLESS_AI_LICENSE_KEY");
    String licence = key != null ? key : file == null ? "none" : Files.readString(Path.of(file));
    if (!licence.equals("signed")) {
      throw new LicenseException("the licence is not valid: " + licence);
    }
    return new LinearPipeline(path);
  }
  public abstract MojoFrameMeta getInputMeta();
  public abstract MojoFrameMeta getOutputMeta();
  public abstract MojoFrameBuilder getInputFrameBuilder();
  public abstract MojoFrame transform(MojoFrame frame);
}
"""

LINEAR = """
package ai.h2o.mojos.runtime;

import ai.h2o.mojos.runtime.frame.*;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.ZipFile;

class LinearPipeline extends MojoPipeline {
  private final MojoFrameMeta inputs;
  private final MojoFrameMeta outputs;
  private final double[] weights;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final Semaphore met = new Semaphore(0);
  LinearPipeline(String path) throws IOException {
    List<String> names = new ArrayList<>();
    List<MojoColumn.Type> types = new ArrayList<>();
    List<Double> factors = new ArrayList<>();
    List<String> results = new ArrayList<>();
    try (ZipFile file = new ZipFile(path)) {
      byte[] content = file.getInputStream(file.getEntry("mojo/pipeline.pb")).readAllBytes();
      for (String line : new String(content, StandardCharsets.UTF_8).split("\\n")) {
        String[] words = line.split("\\t");
        if (words.length == 1) {
          results.add(words[0]);
        } else {
          names.add(words[0]);
          types.add(MojoColumn.Type.valueOf(words[1]));
          factors.add(Double.valueOf(words[2]));
        }
      }
    }
    inputs = new MojoFrameMeta(names.toArray(new String[0]), types.toArray(new MojoColumn.Type[0]));
    outputs = new MojoFrameMeta(results.toArray(new String[0]), new MojoColumn.Type[results.size()]);
    weights = factors.stream().mapToDouble(Double::doubleValue).toArray();
  }
  @Override public MojoFrameMeta getInputMeta() { return inputs; }
  @Override public MojoFrameMeta getOutputMeta() { return outputs; }
  @Override public MojoFrameBuilder getInputFrameBuilder() { return new MojoFrameBuilder(inputs); }
  @Override public MojoFrame transform(MojoFrame frame) {
    if (!busy.compareAndSet(false, true)) {
      met.release();
      throw new IllegalStateException("two threads at once");
    }
    try {
      if (frame.getNrows() > 1000) { // give a second thread the time to come in
        met.tryAcquire(300, TimeUnit.MILLISECONDS);
      }
      return answer(frame);
    } catch (InterruptedException impossible) {
      throw new IllegalStateException(impossible);
    } finally {
      busy.set(false);
    }
  }
  private MojoFrame answer(MojoFrame frame) {
    int rows = frame.getNrows();
    int width = outputs.size();
    String[] names = new String[width];
    double[][] data = new double[width][rows];
    for (int at = 0; at < width; at++) {
      names[width - 1 - at] = outputs.getColumnName(at);
    }
    for (int row = 0; row < rows; row++) {
      double value = sum(frame, row);
      double all = 0;
      for (int at = 0; at < width; at++) {
        all += Math.exp(at * value);
      }
      for (int at = 0; at < width; at++) {
        data[width - 1 - at][row] = width == 1 ? value : Math.exp(at * value) / all;
      }
    }
    return new MojoFrame(names, (Object[]) data, rows);
  }
  private double sum(MojoFrame frame, int row) {
    double value = 0;
    for (int at = 0; at < weights.length; at++) {
      Object given = ((Object[]) frame.getColumnData(at))[row];
      if ("Atlantis".equals(given)) {
        throw new IllegalStateException("it has sunk");
      }
      double number = given == null ? -1
          : given instanceof Boolean ? ((Boolean) given ? 1 : 0)
          : given instanceof String ? ((String) given).length() : ((Number) given).doubleValue();
      value += weights[at] * number;
    }
    return value;
  }
}
"""

SOURCES = {
    "MojoColumn.java": COLUMN,
    "MojoFrameMeta.java": META,
    "MojoFrame.java": FRAME,
    "MojoRowBuilder.java": ROW,
    "MojoFrameBuilder.java": BUILDER,
    "LicenseException.java": LICENCE,
    "MojoPipeline.java": API,
    "LinearPipeline.java": LINEAR,
}

FEATURES = {"x y": ("Float64", 2.0), "city": ("Str", 0.5)}


def pipeline(outputs: Sequence[str], features: Mapping[str, tuple[str, float]] = FEATURES) -> bytes:
    """Return the content of a pipeline's file, with weights by feature."""
    lines = [f"{name}\t{kind}\t{weight}" for name, (kind, weight) in features.items()]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr("mojo/pipeline.pb", "\n".join([*lines, *outputs]))
    return target.getvalue()
