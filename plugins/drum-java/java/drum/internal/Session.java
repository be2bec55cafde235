package drum.internal;

import drum.Columns;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicReference;

/** What Python calls: one model, and the threads that a call may take. */
public final class Session implements AutoCloseable {
  private static final int ROWS_WORTH_A_THREAD = 1024;

  private final Scorer scorer;
  private final ClassLoader loader;
  private final int threads;
  private final ForkJoinPool pool;

  /**
   * Wraps a model.
   *
   * @param loader of the model's classes, for libraries that look for more of them
   * @param threads that one call may take
   */
  public Session(Scorer scorer, ClassLoader loader, int threads) {
    this.scorer = scorer;
    this.loader = loader;
    this.threads = threads;
    this.pool = threads > 1 ? new ForkJoinPool(threads) : null;
  }

  public Scorer scorer() {
    return scorer;
  }

  /**
   * Scores a batch.
   *
   * @param buffer as {@link Columns} takes it; the values go to the room for outputs, row by row
   */
  public void score(Columns.Layout layout, ByteBuffer buffer, int rows, int width, int sizes) throws Throwable {
    double[] values = new double[rows * width];
    Columns columns = new Columns(layout, buffer, rows, values.length, sizes);
    int parts = pool == null ? 1 : Math.max(1, Math.min(threads, rows / ROWS_WORTH_A_THREAD));
    if (parts == 1) {
      score(columns, 0, rows, values);
    } else {
      scoreParts(columns, parts, values);
    }
    columns.put(values);
  }

  private void scoreParts(Columns columns, int parts, double[] values) throws Throwable {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<ForkJoinTask<?>> running = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      int from = (int) ((long) columns.rows() * part / parts);
      int to = (int) ((long) columns.rows() * (part + 1) / parts);
      running.add(pool.submit(() -> {
        try {
          score(columns, from, to, values);
        } catch (Throwable thrown) {
          failure.compareAndSet(null, thrown);
        }
      }));
    }
    running.forEach(ForkJoinTask::join);
    if (failure.get() != null) {
      throw failure.get();
    }
  }

  private void score(Columns columns, int from, int to, double[] values) throws Throwable {
    Libraries.within(loader, () -> {
      scorer.score(columns, from, to, values);
      return null;
    });
  }

  @Override
  public void close() throws Exception {
    if (pool != null) {
      pool.shutdownNow();
    }
    scorer.close();
    if (loader instanceof AutoCloseable) {
      ((AutoCloseable) loader).close();
    }
  }
}
