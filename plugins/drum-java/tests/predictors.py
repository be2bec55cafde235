"""Predictors of a user's, in Java."""

COLUMNS = """
import drum.ColumnPredictor;
import drum.Columns;
import java.nio.file.Files;
import java.nio.file.Path;

public class Weights implements ColumnPredictor {
  private double weight;

  @Override
  public void load(Path codeDir) throws Exception {
    weight = Double.parseDouble(Files.readString(codeDir.resolve("weight.txt")).trim());
  }

  @Override
  public boolean isThreadSafe() {
    return true;
  }

  @Override
  public double[][] score(Columns columns) throws Exception {
    double[] x = columns.numbers("x");
    String[] city = columns.texts("city");
    double[] values = new double[columns.rows()];
    for (int row = 0; row < values.length; row++) {
      if (x[row] == 666) {
        throw new IllegalStateException("the beast");
      }
      if (x[row] == 667) {
        throw new IllegalArgumentException("column 'x' may not be 667");
      }
      if (x[row] == 668) {
        values = new double[Integer.MAX_VALUE - 8];
      }
      if (x[row] == 669) {
        return new double[][] {new double[0]};
      }
      if (x[row] == 670) {
        return null;
      }
      if (x[row] == 671) {
        throw new java.io.IOException("no disk", new RuntimeException("the cause"));
      }
      values[row] = (Double.isNaN(x[row]) ? -1 : x[row]) * weight + (city[row] == null ? 0.5 : city[row].length());
    }
    return new double[][] {values};
  }
}
"""

CLASSES = """
import drum.ColumnPredictor;
import drum.Columns;

public class Classes implements ColumnPredictor {
  private int scoring;

  @Override
  public String[] labels() {
    return new String[] {"yes, sir", "no"};
  }

  @Override
  public double[][] score(Columns columns) throws Exception {
    if (++scoring != 1) {
      throw new IllegalStateException("two calls at once");
    }
    double[][] values = new double[2][columns.rows()];
    for (int row = 0; row < columns.rows(); row++) {
      values[0][row] = 1 / (1 + Math.exp(-columns.numbers("x")[row]));
      values[1][row] = 1 - values[0][row];
      Thread.yield();
    }
    scoring--;
    return values;
  }
}
"""

CSV = """
import drum.CsvPredictor;

public class Csv implements CsvPredictor {
  @Override
  public String score(String csv) {
    StringBuilder answer = new StringBuilder("length\\n");
    csv.lines().skip(1).forEach(line -> answer.append(line.length()).append('\\n'));
    return csv.contains("silence") ? "" : answer.toString();
  }
}
"""

UNSTRUCTURED = """
import drum.UnstructuredPredictor;
import java.nio.charset.Charset;

public class Echo implements UnstructuredPredictor {
  @Override
  public Reply score(Request request) throws Exception {
    String text = new String(request.body, Charset.forName(request.charset));
    if (text.equals("null")) {
      return null;
    }
    String answer = String.join("|", new StringBuilder(text).reverse(), request.mediaType,
        request.query.getOrDefault("top", "-"), request.headers.getOrDefault("X-Thing", "-"));
    return new Reply(answer.getBytes("UTF-8"), "text/plain", "utf8");
  }
}
"""

THREADS = """
import drum.ColumnPredictor;
import drum.Columns;

public class Threads implements ColumnPredictor {
  @Override
  public void load(java.nio.file.Path codeDir) {
    new Thread(() -> {
      while (true) {
        try {
          Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException goOn) {
        }
      }
    }).start();
    System.out.println("printed by Java");
  }

  @Override
  public double[][] score(Columns columns) {
    return new double[][] {columns.numbers("x")};
  }
}
"""

HUNGRY = """
import drum.ColumnPredictor;
import drum.Columns;
import java.util.concurrent.Executors;

public class Hungry implements ColumnPredictor {
  private java.util.List<byte[]> model = new java.util.ArrayList<>();

  @Override
  public void load(java.nio.file.Path codeDir) throws Exception {
    var pool = Executors.newSingleThreadExecutor();
    try {
      pool.submit(() -> {
        while (true) {
          model.add(new byte[1 << 16]);
        }
      }).get();
    } finally {
      pool.shutdown();
    }
  }

  @Override
  public double[][] score(Columns columns) {
    return new double[][] {columns.numbers("x")};
  }
}
"""

OTHER = "public class Other {}"

SOURCES = {
    "Weights.java": COLUMNS, "Classes.java": CLASSES, "Csv.java": CSV, "Echo.java": UNSTRUCTURED,
    "Threads.java": THREADS, "Hungry.java": HUNGRY, "Other.java": OTHER,
}  # fmt: skip
