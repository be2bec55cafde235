package drum.internal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;

/**
 * Classes of libraries, and handles on their methods.
 *
 * <p>drum's own classes are compiled without any library: they come as jars beside the model, or with a Python wheel, and
 * each model has a class loader of its own, so that two versions of one library do not meet.
 */
public final class Libraries {
  private Libraries() {}

  /** Returns a loader for jars and folders of classes. */
  public static URLClassLoader loader(String[] paths) throws MalformedURLException {
    URL[] urls = new URL[paths.length];
    for (int place = 0; place < paths.length; place++) {
      urls[place] = Path.of(paths[place]).toUri().toURL();
    }
    return new URLClassLoader(urls, Libraries.class.getClassLoader());
  }

  /** What is done with a library. */
  public interface Work<T> {
    T run() throws Throwable;
  }

  /** Does something while the thread's context loader is the model's: libraries look there for more of their classes. */
  static <T> T within(ClassLoader loader, Work<T> work) throws Throwable {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return work.run();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /**
   * Returns a handle on a public method that takes its receiver, arguments and result as the given types.
   *
   * @param type of the handle, without the receiver
   */
  static MethodHandle method(Class<?> owner, String name, MethodType declared, MethodType type)
      throws ReflectiveOperationException {
    MethodHandle handle = MethodHandles.publicLookup().findVirtual(owner, name, declared);
    return handle.asType(type.insertParameterTypes(0, Object.class));
  }

  /** Calls a public method without arguments. */
  static Object call(Object receiver, Class<?> owner, String name) throws Throwable {
    return invoke(owner.getMethod(name), receiver);
  }

  /**
   * Calls a method, {@code null} being the receiver of a static one.
   *
   * @throws Throwable what the method throws, as it is: reflection's wrapper would hide the library's own words
   */
  static Object invoke(Method method, Object receiver, Object... arguments) throws Throwable {
    try {
      return method.invoke(receiver, arguments);
    } catch (InvocationTargetException wrapped) {
      throw wrapped.getCause();
    }
  }

  /**
   * Makes an object by a constructor without parameters.
   *
   * @throws Throwable what the constructor throws, as it is
   */
  static <T> T create(Constructor<T> constructor) throws Throwable {
    try {
      return constructor.newInstance();
    } catch (InvocationTargetException wrapped) {
      throw wrapped.getCause();
    }
  }
}
