/// All terms that this project explains.
public enum Terms {}
