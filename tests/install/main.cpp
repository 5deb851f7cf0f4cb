#include <covey/error.h>
#include <covey/version.h>

#include <cstring>

int main()
{
    return std::strcmp(covey_version(), COVEY_VERSION) == 0 &&
                   covey_error_name(COVEY_OK) != nullptr
               ? 0
               : 1;
}
