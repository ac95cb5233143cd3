// OpenCL 1.2 is all this project asks of a device. Its functions are looked up when the program runs, so
// that the program also starts on a machine without an OpenCL loader.
#pragma once
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <dlfcn.h>
#include <stddef.h>

#define LLS_OPENCL_FUNCTIONS(F)  \
    F(clGetPlatformIDs)          \
    F(clGetPlatformInfo)         \
    F(clGetDeviceIDs)            \
    F(clGetDeviceInfo)           \
    F(clCreateContext)           \
    F(clReleaseContext)          \
    F(clCreateCommandQueue)      \
    F(clReleaseCommandQueue)     \
    F(clFlush)                   \
    F(clFinish)                  \
    F(clCreateBuffer)            \
    F(clCreateSubBuffer)         \
    F(clReleaseMemObject)        \
    F(clEnqueueReadBuffer)       \
    F(clEnqueueWriteBuffer)      \
    F(clEnqueueCopyBuffer)       \
    F(clCreateProgramWithSource) \
    F(clCreateProgramWithBinary) \
    F(clBuildProgram)            \
    F(clGetProgramInfo)          \
    F(clGetProgramBuildInfo)     \
    F(clReleaseProgram)          \
    F(clCreateKernel)            \
    F(clReleaseKernel)           \
    F(clSetKernelArg)            \
    F(clGetKernelWorkGroupInfo)  \
    F(clEnqueueNDRangeKernel)    \
    F(clWaitForEvents)           \
    F(clGetEventProfilingInfo)   \
    F(clReleaseEvent)

/// The functions of OpenCL that lls calls.
typedef struct {
#define LLS_DECLARE(name) __typeof__(name) *_Nonnull name;
    LLS_OPENCL_FUNCTIONS(LLS_DECLARE)
#undef LLS_DECLARE
} OpenCLFunctions;

/// Looks up all functions in `scope`, which `dlopen` gave.
///
/// Returns the name of the first one that is missing, or NULL.
static inline const char *_Nullable lls_opencl_load(
    OpenCLFunctions *_Nonnull functions, void *_Nonnull scope)
{
    void *found;
#define LLS_LOAD(name)                                       \
    if ((found = dlsym(scope, #name)) == NULL) return #name; \
    functions->name = (__typeof__(name) *)found;
    LLS_OPENCL_FUNCTIONS(LLS_LOAD)
#undef LLS_LOAD
    return NULL;
}

/// The name of the function at `index` of the table; NULL behind the last one.
static inline const char *_Nullable lls_opencl_name(size_t index)
{
#define LLS_NAME(name) #name,
    static const char *const names[] = {LLS_OPENCL_FUNCTIONS(LLS_NAME)};
#undef LLS_NAME
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}
