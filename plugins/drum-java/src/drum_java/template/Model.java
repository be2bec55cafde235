import drum.ColumnPredictor;
import drum.Columns;
import java.nio.file.Path;

/** A model in Java: drum makes one instance in each process, loads it, and scores batches of rows with it. */
public class Model implements ColumnPredictor {
  private double weight;

  /** Load what the model needs from files in the code directory. */
  @Override
  public void load(Path codeDir) {
    weight = 2;
  }

  /** Say so if several threads may call {@link #score} at once. */
  @Override
  public boolean isThreadSafe() {
    return true;
  }

  // For classes, give their labels here, and an array for each in score:
  //   @Override
  //   public String[] labels() {
  //     return new String[] {"no", "yes"};
  //   }

  /** Predict. A row's prediction must not depend on its neighbours: batches are cut and joined. */
  @Override
  public double[][] score(Columns columns) {
    double[] a = columns.numbers("a"); // NaN where a value is missing
    String[] b = columns.texts("b"); // null where one is
    double[] predictions = new double[columns.rows()];
    for (int row = 0; row < predictions.length; row++) {
      predictions[row] = weight * a[row] + (b[row] == null ? 0 : b[row].length());
    }
    return new double[][] {predictions};
  }
}
