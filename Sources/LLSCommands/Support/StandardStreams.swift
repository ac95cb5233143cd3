import Foundation

/// Opens the null device for each of the descriptors 0 to 2 that whoever started us has closed.
///
/// Otherwise the next file that is opened gets that number, and what is meant for standard error
/// lands in it.
func keepStandardStreamsOpen() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
        // The lowest free number is given, which is this one. A root folder can be opened where
        // there is no null device; writing to it fails, which is as good.
        if open("/dev/null", O_RDWR) < 0 { _ = open("/", O_RDONLY | O_DIRECTORY) }
    }
}
