package drum.internal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Ends the process when a thread dies because the heap is full: whoever waits for that thread would wait for ever.
 *
 * <p>What it needs is made beforehand, and it lets go of a reserve, because even to find a class takes memory.
 */
public final class HeapGuard implements Thread.UncaughtExceptionHandler {
  private static final int RESERVE_BYTES = 1 << 18;

  private final FileOutputStream err = new FileOutputStream(FileDescriptor.err);
  private final byte[] message;
  private final int status;
  private byte[] reserve = new byte[RESERVE_BYTES];

  private HeapGuard(String message, int status) {
    this.message = message.getBytes(StandardCharsets.UTF_8);
    this.status = status;
  }

  /**
   * Watches over all threads that have no handler of their own.
   *
   * @param message is written to standard error
   * @param status with which the process ends
   */
  public static void install(String message, int status) {
    HeapGuard guard = new HeapGuard(message, status);
    if (!isFull(new Exception())) { // finds the class that it asks for, while there is memory
      Thread.setDefaultUncaughtExceptionHandler(guard);
    }
  }

  private static boolean isFull(Throwable thrown) {
    return thrown instanceof OutOfMemoryError;
  }

  /** Speaks and ends the process; a second thread that dies waits here for that. */
  private synchronized void end() {
    reserve = null;
    try {
      err.write(message);
    } catch (IOException closed) {
      // there is nobody to tell
    } finally {
      Runtime.getRuntime().halt(status);
    }
  }

  @Override
  public void uncaughtException(Thread thread, Throwable thrown) {
    if (isFull(thrown)) {
      end();
    }
    System.err.print("Exception in thread \"" + thread.getName() + "\" ");
    thrown.printStackTrace();
  }
}
