import ArgumentParser
import BLASBackend
import Datasets
import FileFormats
import Foundation
import LocalLearning
import OpenCLBackend
import Profiling
import Tensors
import Verification

/// Prints an error that the world caused, and answers with the status to exit by; nil for those that
/// the argument parser prints itself.
func report(_ error: any Error) -> ExitStatus? {
    let status: ExitStatus
    switch error {
    case let error as any CategorizedError:
        status = ExitStatus(rawValue: error.category.exitCode) ?? .internalError
    case is any MemoryShortage, is ThreadError, is LoaderError: status = .outOfMemory
    case is EnvironmentVariableError: status = .badConfiguration
    case is DeviceSelectionError, is OpenCLError, is KernelBuildError: status = .deviceUnavailable
    case let stop as StoppedRun:
        let status = stop.checkpoint == nil ? 128 + (stop.request.signal ?? SIGTERM) : nil
        Console.error("\(stop)", status: status ?? stop.request.status.rawValue)
        if status != nil { stop.request.end() }
        return stop.request.status
    case is BudgetEnded: status = .stopped
    case is DivergenceError, is DivergedRun: status = .diverged
    case is TuningError: status = .cannotCreate
    case is ArchitectureError: status = .badConfiguration
    case is ConformanceError: status = .badData
    default: return nil
    }
    Console.error("\(error)\(flagHint(for: error))", status: status.rawValue)
    return status
}
