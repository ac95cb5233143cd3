// What an OpenCL device can do at most: independent fused multiply-adds in registers, and a copy of
// 256 MB. Prints {"gflops": …, "gigabytes_per_second": …}.
//
//     cc -O2 opencl_peak.c -lOpenCL -o opencl_peak     ./opencl_peak 0:0
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST 16
#define LOOPS 2000 // of 8 chains, float4 each

static const char *source =
    "__kernel void fma_peak(__global float4 *out, float factor, float term, int loops) {\n"
    "    const float4 a = (float4)(factor), b = (float4)(term);\n"
    "    float4 s[8];\n"
    "    for (int i = 0; i < 8; i++) s[i] = b * (float)(i + 1);\n"
    "    for (int k = 0; k < loops; k++) {\n"
    "        s[0] = fma(s[0], a, b); s[1] = fma(s[1], a, b); s[2] = fma(s[2], a, b);\n"
    "        s[3] = fma(s[3], a, b); s[4] = fma(s[4], a, b); s[5] = fma(s[5], a, b);\n"
    "        s[6] = fma(s[6], a, b); s[7] = fma(s[7], a, b);\n"
    "    }\n"
    "    out[get_global_id(0)] = s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7];\n"
    "}\n"
    "__kernel void copy(__global const float4 *from, __global float4 *to) {\n"
    "    to[get_global_id(0)] = from[get_global_id(0)];\n"
    "}\n";

static void require(int isGood, const char *what, int status) {
    if (isGood) return;
    fprintf(stderr, "opencl_peak: %s failed (%d)\n", what, status);
    exit(69);
}

// The fastest of five launches, in seconds of the device.
static double time_of(cl_command_queue queue, cl_kernel kernel, size_t items) {
    const size_t group = 64;
    double best = 1e30;
    for (int run = 0; run < 6; run++) {
        cl_event event;
        cl_int status =
            clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, &group, 0, NULL, &event);
        require(status == CL_SUCCESS, "clEnqueueNDRangeKernel", status);
        clWaitForEvents(1, &event);
        cl_ulong start, end;
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL);
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL);
        clReleaseEvent(event);
        if (run > 0 && 1e-9 * (end - start) < best) best = 1e-9 * (end - start);
    }
    return best;
}

int main(int count, char **arguments) {
    unsigned platform = 0, device = 0;
    if (count > 1) require(sscanf(arguments[1], "%u:%u", &platform, &device) == 2, "P:D", 0);
    cl_platform_id platforms[MOST];
    cl_device_id devices[MOST];
    cl_uint found = 0, units = 1;
    cl_int status = clGetPlatformIDs(MOST, platforms, &found);
    require(status == CL_SUCCESS && platform < found, "clGetPlatformIDs", status);
    status = clGetDeviceIDs(platforms[platform], CL_DEVICE_TYPE_ALL, MOST, devices, &found);
    require(status == CL_SUCCESS && device < found, "clGetDeviceIDs", status);
    clGetDeviceInfo(devices[device], CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);

    cl_context context = clCreateContext(NULL, 1, &devices[device], NULL, NULL, &status);
    require(status == CL_SUCCESS, "clCreateContext", status);
    cl_command_queue queue =
        clCreateCommandQueue(context, devices[device], CL_QUEUE_PROFILING_ENABLE, &status);
    require(status == CL_SUCCESS, "clCreateCommandQueue", status);
    cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &status);
    status = clBuildProgram(program, 0, NULL, "", NULL, NULL);
    require(status == CL_SUCCESS, "clBuildProgram", status);
    cl_kernel peak = clCreateKernel(program, "fma_peak", &status);
    cl_kernel copy = clCreateKernel(program, "copy", &status);

    const size_t items = (size_t)units * 2048, elements = 1 << 24;
    cl_mem from = clCreateBuffer(context, CL_MEM_READ_WRITE, 16 * elements, NULL, &status);
    require(status == CL_SUCCESS, "clCreateBuffer", status);
    cl_mem to = clCreateBuffer(context, CL_MEM_READ_WRITE, 16 * elements, NULL, &status);
    require(status == CL_SUCCESS, "clCreateBuffer", status);
    const float factor = 0.999f, term = 0.001f;
    const int loops = LOOPS;
    clSetKernelArg(peak, 0, sizeof to, &to);
    clSetKernelArg(peak, 1, sizeof factor, &factor);
    clSetKernelArg(peak, 2, sizeof term, &term);
    clSetKernelArg(peak, 3, sizeof loops, &loops);
    clSetKernelArg(copy, 0, sizeof from, &from);
    clSetKernelArg(copy, 1, sizeof to, &to);
    const double flops = 2.0 * 8 * 4 * LOOPS * items;
    printf("{\"gflops\": %.1f, ", 1e-9 * flops / time_of(queue, peak, items));
    printf("\"gigabytes_per_second\": %.1f}\n",
           1e-9 * 32 * elements / time_of(queue, copy, elements));
    return 0;
}
