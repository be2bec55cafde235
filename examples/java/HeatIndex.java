import drum.ColumnPredictor;
import drum.Columns;
import java.nio.file.Files;
import java.nio.file.Path;

/** How hot a day felt: a formula with a coefficient from a file, and a discount by the sea. */
public class HeatIndex implements ColumnPredictor {
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
  public double[][] score(Columns days) {
    double[] celsius = days.numbers("temperature (°C)");
    double[] humidity = days.numbers("humidity");
    String[] place = days.texts("place");
    double[] felt = new double[days.rows()];
    for (int day = 0; day < felt.length; day++) {
      if (humidity[day] > 100) {
        throw new IllegalArgumentException("There is a humidity above 100 in column 'humidity'.");
      }
      double damp = Double.isNaN(humidity[day]) ? 50 : humidity[day];
      felt[day] = celsius[day] + weight * (damp - 50) - ("coast".equals(place[day]) ? 1.5 : 0);
    }
    return new double[][] {felt};
  }
}
