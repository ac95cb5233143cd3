import FileFormats

/// Rows are left, and the time is over.
struct BudgetEnded: Error, CustomStringConvertible {
    let description = """
        the time of --budget is over, and rows are left
        The same command goes on where it stopped.
        """
}

/// No row could be trained.
struct NoDataError: CategorizedError {
    let names: Set<String>
    var category: ErrorCategory { .missingInput }

    var description: String {
        "no data of \(names.sorted().joined(separator: ", "))\n"
            + "'\(Registry.programName) data ls' says where data are looked for, and "
            + "'data get' fetches them."
    }
}
